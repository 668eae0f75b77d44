import { readdirSync, readFileSync } from 'node:fs';

/**
 * Mutation testing of the pure core: `npm run mutation`, or of one file,
 * `npm run mutation -- --mutate src/domain/decimal.ts`. How to read it: docs/decisions/13-mutation-testing.md.
 *
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  mutate: ['src/domain/**/*.ts'],
  plugins: ['@stryker-mutator/jest-runner', './scripts/mutation-messages.mjs'],
  ignorers: ['messages'],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: {
    // The tests of the core need no server, so none is started for them.
    config: {
      testMatch: ['<rootDir>/test/{domain,property}/**/*.test.ts'],
      testPathIgnorePatterns: testsWithServers(),
      runner: '<rootDir>/scripts/mutation-runner.mjs',
      setupFiles: ['<rootDir>/test/support/property-seed.ts', '<rootDir>/scripts/mutation-first-failure.mjs'],
      globalSetup: null,
      globalTeardown: null,
    },
  },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  maxTestRunnerReuse: 100,
  // Generous, since a busy machine must not make a slow test look like an endless loop.
  timeoutMS: 20_000,
  incremental: true,
  incrementalFile: '.cache/mutation/incremental.json',
  tempDirName: '.cache/mutation/sandbox',
  htmlReporter: { fileName: '.cache/mutation/report.html' },
  jsonReporter: { fileName: '.cache/mutation/report.json' },
  reporters: ['progress', 'clear-text', 'html', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false },
  // `tsconfig.json` is left out because Stryker would rewrite it with an interface that TypeScript 7 does not have.
  ignorePatterns: [
    '/*',
    '!/src',
    '/src/*',
    '!/src/domain',
    '!/test',
    '!/scripts',
    '!/jest.config.js',
    '!/package.json',
  ],
  disableTypeChecks: false,
  allowConsoleColors: false,
  thresholds: { high: 95, low: 90, break: 90 },
};

/** The properties of what is stored. */
function testsWithServers() {
  const folder = new URL('test/property/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  return files.filter((name) => readFileSync(new URL(name, folder), 'utf8').includes('support/billing-world'));
}
