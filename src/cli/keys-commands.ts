import type { Command } from 'commander';
import * as z from 'zod';
import { contextOf } from './command-context.ts';
import { type Host, printJson, printLine, printNote } from './host.ts';
import { formatTable } from './table.ts';

const ROLES = ['admin', 'ingest', 'read'] as const;

const apiKey = z.object({
  id: z.string(),
  name: z.string().nullable(),
  role: z.string(),
  hint: z.string(),
  created_at: z.string(),
  revoked_at: z.string().nullable(),
});
const createdKey = apiKey.extend({ secret: z.string().nullable() });
const keyPage = z.object({ data: z.array(apiKey), has_more: z.boolean(), next_cursor: z.string().nullable() });

export function addKeysCommands(program: Command, host: Host): void {
  const keys = program.command('keys').description('API keys of the account and mode of the key in use');
  keys
    .command('create')
    .description('make a key; its secret is shown once')
    .option('--name <name>', 'what it is for')
    .option('--role <role>', `${ROLES.join(', ')}; ingest may only send events`, 'admin')
    .option('--json', "print the API's answer")
    .action((options: { name?: string; role: string }, command: Command) => createKey(host, command, options));
  keys
    .command('list')
    .description('list the keys, newest first')
    .option('--json', "print the API's answer")
    .action((_options: object, command: Command) => listKeys(host, command));
  keys
    .command('revoke')
    .description('end a key at once')
    .argument('<key_id>')
    .option('--json', "print the API's answer")
    .action((id: string, _options: object, command: Command) => revokeKey(host, command, id));
}

async function createKey(host: Host, command: Command, options: { name?: string; role: string }): Promise<void> {
  const { client, json } = await contextOf(host, command);
  const value = { role: options.role, ...(options.name === undefined ? {} : { name: options.name }) };
  const answer = await client.call({ method: 'POST', path: '/api-keys', body: { value } }, createdKey);
  if (json) return printJson(host, answer.raw);
  if (answer.value.secret === null) {
    printNote(host, `${answer.value.id} was made, but its secret was lost on the way. Revoke it and make another.`);
    return;
  }
  printLine(host, answer.value.secret);
  printNote(host, `${answer.value.id}, role ${answer.value.role}. The secret above is not shown again.`);
}

async function listKeys(host: Host, command: Command): Promise<void> {
  const { client, json } = await contextOf(host, command);
  const { raw, value } = await client.call({ method: 'GET', path: '/api-keys', query: { limit: 200 } }, keyPage);
  if (json) return printJson(host, raw);
  const columns = [
    { title: 'ID' },
    { title: 'KEY' },
    { title: 'ROLE' },
    { title: 'NAME' },
    { title: 'CREATED' },
    { title: 'REVOKED' },
  ];
  const rows = value.data.map((key) => [
    key.id,
    key.hint,
    key.role,
    key.name ?? '',
    key.created_at,
    key.revoked_at ?? '',
  ]);
  printLine(host, formatTable(columns, rows));
  if (value.has_more) printNote(host, 'There are more; the 200 newest are shown.');
}

async function revokeKey(host: Host, command: Command, id: string): Promise<void> {
  const { client, json } = await contextOf(host, command);
  const path = `/api-keys/${encodeURIComponent(id)}`;
  const { raw } = await client.call({ method: 'DELETE', path }, z.unknown());
  if (json) return printJson(host, raw);
  printLine(host, `${id} is revoked.`);
}
