/**
 * Runs the test files that look for one mutant as a person would: those of which no test can meet the mutant are not
 * loaded, examples come before properties, and the first file with a failed test is the last. Jest by itself loads
 * every file, and its `bail` does not work where it is started in-process, as Stryker does.
 */
import TestRunner from 'jest-runner';

/** By path; known once the file has run in this process. */
const testNames = new Map();

export default class MutationRunner extends TestRunner {
  async runTests(tests, watcher, options) {
    let hasFailed = false;
    this.on('test-file-success', ([{ path }, result]) => {
      const names = result.testResults.map(({ fullName }) => fullName);
      testNames.set(path, names);
      hasFailed ||= result.numFailingTests > 0 || result.testExecError !== undefined;
    });
    const seeksMutant = process.env.__STRYKER_ACTIVE_MUTANT__ !== undefined;
    for (const test of tests.filter((each) => this.#mayMeetIt(each)).toSorted(byPatience)) {
      if (seeksMutant && hasFailed) return;
      await super.runTests([test], watcher, options);
    }
  }

  /** Stryker names the tests that can meet a mutant by a pattern. */
  #mayMeetIt({ path }) {
    const { testNamePattern } = this._globalConfig;
    const names = testNames.get(path);
    if (!testNamePattern || names === undefined) return true;
    const pattern = new RegExp(testNamePattern, 'i');
    return names.some((name) => pattern.test(name));
  }
}

function byPatience(left, right) {
  const rank = ({ path }) => (path.includes('/property/') ? 1 : 0);
  return rank(left) - rank(right) || left.path.localeCompare(right.path);
}
