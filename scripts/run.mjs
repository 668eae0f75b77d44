/**
 * `node scripts/run.mjs [TARGET [ARGUMENTS]]`: installs what the lock file names, once, then runs TARGET on the pinned
 * Node: a .ts file of this project, or a command of node_modules/.bin. Without TARGET it only installs. It needs
 * nothing but Node 20, since it runs before anything is installed.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readFileSync, readSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withInstallLock } from './install-lock.mjs';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const MODULES = path.join(ROOT, 'node_modules');
const STAMP = path.join(MODULES, '.durabill-installed');
/** Long-running parts: their standard input is a pipe from here, whose end tells them that this process is gone. */
const SERVICES = new Set(['start', 'api', 'worker', 'demo'].map((name) => `src/main/${name}.ts`));
const NODE_PACKAGES = [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`];

await install();
const [target, ...args] = process.argv.slice(2);
if (target !== undefined) process.exit(await run(target, args));

async function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(ROOT, 'package-lock.json')))
    .update(`${process.platform}-${process.arch}`)
    .digest('hex');
  const isInstalled = () => existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted;
  if (isInstalled()) return;
  await withInstallLock(path.join(ROOT, '.cache', 'install.lock'), async () => {
    if (isInstalled()) return;
    await npmInstall();
    mkdirSync(MODULES, { recursive: true });
    writeFileSync(STAMP, wanted);
  });
}

async function npmInstall() {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  console.error('Installing dependencies (about a minute the first time) …');
  const ticker = setInterval(() => console.error(`  still installing, ${seconds()} s …`), 10_000);
  // `npm ci` refuses a lock made on another platform; this form leaves the lock as it is.
  const options = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev', '--include=optional'];
  const status = await exitStatus(
    spawn('npm', ['install', ...options], { cwd: ROOT, stdio: ['ignore', 2, 2], env: installEnvironment() }),
  );
  clearInterval(ticker);
  if (status !== 0) {
    console.error(`npm install failed with status ${status}; its output is above.`);
    process.exit(status);
  }
  console.error(`Installed in ${seconds()} s.`);
}

/** An npm that runs this script hands down its own settings, which would change how the inner one behaves. */
function installEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(lifecycle|package|command|config_(omit|include))/i.test(name),
    ),
  );
}

async function run(target, args) {
  const node = pinnedNode();
  const isService = SERVICES.has(target);
  const [command, commandArgs] = commandLine(node, target);
  const child = spawn(command, [...commandArgs, ...args], {
    stdio: [isService ? 'pipe' : 'inherit', 'inherit', 'inherit'],
    env: {
      ...process.env,
      PATH: `${path.join(MODULES, '.bin')}${path.delimiter}${process.env.PATH ?? ''}`,
      ...(isService ? { DURABILL_SUPERVISED: 'run' } : {}),
    },
  });
  child.stdin?.on('error', () => undefined);
  forwardSignals(child, isService);
  endWithNpm(child);
  return exitStatus(child);
}

/** The Node that the lock file pins, else the one that runs this script when it is new enough. */
function pinnedNode() {
  for (const name of NODE_PACKAGES) {
    const file = path.join(MODULES, name, 'bin', 'node');
    if (existsSync(file)) return file;
  }
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  console.error(
    `No Node 24 for ${process.platform}-${process.arch}: this is Node ${process.versions.node}, and none of ` +
      `${NODE_PACKAGES.join(', ')} is installed. Install Node 24 or newer and start again.`,
  );
  process.exit(1);
}

function commandLine(node, target) {
  const options = ['--disable-warning=ExperimentalWarning'];
  if (target.endsWith('.ts')) return [node, [...options, path.join(ROOT, target)]];
  const bin = path.join(MODULES, '.bin', target);
  if (!existsSync(bin)) {
    console.error(`There is no command ${target} in node_modules/.bin.`);
    process.exit(127);
  }
  if (!isNodeScript(bin)) return [bin, []];
  // Tests are ECMAScript modules, which Jest can load only with this option.
  const jest = target === 'jest' ? ['--experimental-vm-modules'] : [];
  return [node, [...options, ...jest, realpathSync(bin)]];
}

function isNodeScript(file) {
  const head = Buffer.alloc(64);
  readSync(openSync(file, 'r'), head);
  return /^#!.*\bnode\b/.test(head.toString('latin1'));
}

function forwardSignals(child, isService) {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
    process.on(signal, () => {
      // A Ctrl-C in a terminal has already reached the child; services take the second one for the same request.
      if (signal !== 'SIGINT' || isService || !process.stdin.isTTY) child.kill(signal);
    });
  }
}

/** A killed npm takes nothing with it: notice its death by the change of our parent, and end the child. */
function endWithNpm(child) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill('SIGTERM');
  }, 250);
  timer.unref();
}

/** The status a shell would report: 128 plus the number of the signal when one ended the child. */
function exitStatus(child) {
  const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGTERM: 15 };
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`Cannot run ${child.spawnfile}: ${error.message}`);
      resolve(127);
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signalNumbers[signal] ?? 0)));
  });
}
