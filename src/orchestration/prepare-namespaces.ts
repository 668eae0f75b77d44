import { setTimeout as delay } from 'node:timers/promises';
import { type Client, Connection, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { SearchAttributeType } from '@temporalio/common';
import { clientOf, connectionOptions, namespaceOf, type ReachableTemporal } from './connection.ts';
import { RECONCILE_WORKFLOW, TASK_QUEUE } from './messages.ts';
import { SEARCH_ATTRIBUTES } from './search-attributes.ts';

/** How long closed runs, which are the billing history, stay readable. The server's own default is one day. */
const RETENTION_DAYS = { live: 400, test: 30 } as const;
const RECONCILE_EVERY = '1 minute';
const DEADLINE_MS = 10_000;
/** An attribute that is registered, but not yet known to every part of the server, would wedge a workflow. */
const VISIBLE_WITHIN_MS = 20_000;

/** `IndexedValueType` of the server's API. */
export const INDEXED_TYPE: Readonly<Record<string, number>> = {
  [SearchAttributeType.TEXT]: 1,
  [SearchAttributeType.KEYWORD]: 2,
  [SearchAttributeType.INT]: 3,
  [SearchAttributeType.DOUBLE]: 4,
  [SearchAttributeType.BOOL]: 5,
  [SearchAttributeType.DATETIME]: 6,
  [SearchAttributeType.KEYWORD_LIST]: 7,
};

const GRPC = { notFound: 5, alreadyExists: 6 } as const;

/**
 * Makes both namespaces ready: the embedded server gets namespaces, retention and search attributes; on an external
 * one they are only verified, and the error gives the commands to make them. Both get the reconciler's schedule.
 * Repeatable. Throws when something is missing or the server cannot be reached.
 */
export async function prepareNamespaces(options: ReachableTemporal & { readonly embedded: boolean }): Promise<void> {
  const connection = await Connection.connect(await connectionOptions(options));
  try {
    for (const livemode of [false, true]) {
      await connection.withDeadline(Date.now() + DEADLINE_MS + VISIBLE_WITHIN_MS, () =>
        prepareNamespace(connection, { options, livemode }),
      );
    }
  } finally {
    await connection.close();
  }
}

interface Preparation {
  readonly options: ReachableTemporal & { readonly embedded: boolean };
  readonly livemode: boolean;
}

async function prepareNamespace(connection: Connection, { options, livemode }: Preparation): Promise<void> {
  const namespace = namespaceOf(options, livemode);
  if (options.embedded) await createNamespace(connection, { namespace, livemode });
  await ensureAttributes(connection, { namespace, mayAdd: options.embedded, livemode });
  await ensureReconcileSchedule(clientOf(connection, options, livemode), livemode);
}

async function createNamespace(
  connection: Connection,
  { namespace, livemode }: { readonly namespace: string; readonly livemode: boolean },
): Promise<void> {
  const days = livemode ? RETENTION_DAYS.live : RETENTION_DAYS.test;
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      description: livemode ? 'Durabill, live keys' : 'Durabill, test keys',
      workflowExecutionRetentionPeriod: { seconds: days * 86_400 } as never,
    });
  } catch (error) {
    if (codeOf(error) !== GRPC.alreadyExists) throw error;
  }
}

async function ensureAttributes(
  connection: Connection,
  target: { readonly namespace: string; readonly mayAdd: boolean; readonly livemode: boolean },
): Promise<void> {
  const { namespace, mayAdd } = target;
  const waitUntil = Date.now() + VISIBLE_WITHIN_MS;
  for (;;) {
    const missing = await missingAttributes(connection, namespace);
    if (missing === 'no_namespace' && !mayAdd) throw new Error(missingNamespaceText(target));
    if (missing !== 'no_namespace' && missing.length === 0) return;
    if (missing !== 'no_namespace' && !mayAdd) throw new Error(missingAttributesText(namespace, missing));
    if (missing !== 'no_namespace') await addAttributes(connection, namespace, missing);
    if (Date.now() > waitUntil) throw new Error(`search attributes of namespace ${namespace} do not become visible`);
    await delay(100);
  }
}

type Attribute = (typeof SEARCH_ATTRIBUTES)[keyof typeof SEARCH_ATTRIBUTES];

async function missingAttributes(connection: Connection, namespace: string): Promise<Attribute[] | 'no_namespace'> {
  try {
    // The SDK names the namespace in a header of other calls only; with an API key the answer may depend on it.
    const { customAttributes } = await connection.withMetadata({ 'temporal-namespace': namespace }, () =>
      connection.operatorService.listSearchAttributes({ namespace }),
    );
    return Object.values(SEARCH_ATTRIBUTES).filter(
      (attribute) => customAttributes?.[attribute.name] !== INDEXED_TYPE[attribute.type],
    );
  } catch (error) {
    if (codeOf(error) === GRPC.notFound) return 'no_namespace';
    throw error;
  }
}

async function addAttributes(connection: Connection, namespace: string, missing: readonly Attribute[]): Promise<void> {
  const searchAttributes = Object.fromEntries(missing.map((each) => [each.name, INDEXED_TYPE[each.type] ?? 0]));
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    if (codeOf(error) !== GRPC.alreadyExists) throw error;
  }
}

/** A schedule a namespace; it starts or nudges what is overdue and never bills. */
async function ensureReconcileSchedule(client: Client, livemode: boolean): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: 'reconcile',
      spec: { intervals: [{ every: RECONCILE_EVERY }], jitter: '10 seconds' },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '10 minutes' },
      action: {
        type: 'startWorkflow',
        workflowType: RECONCILE_WORKFLOW,
        taskQueue: TASK_QUEUE,
        args: [{ livemode }],
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}

function missingNamespaceText({
  namespace,
  livemode,
}: {
  readonly namespace: string;
  readonly livemode: boolean;
}): string {
  const days = livemode ? RETENTION_DAYS.live : RETENTION_DAYS.test;
  return `namespace ${namespace} does not exist; make it: temporal operator namespace create --retention ${days * 24}h -n ${namespace}`;
}

function missingAttributesText(namespace: string, missing: readonly Attribute[]): string {
  const commands = missing.map((each) => {
    const type = each.type.charAt(0) + each.type.slice(1).toLowerCase();
    return `temporal operator search-attribute create -n ${namespace} --name ${each.name} --type ${type}`;
  });
  return `namespace ${namespace} lacks search attributes; make them: ${commands.join(' && ')}`;
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
