import * as z from 'zod';
import { answerObject, instantField } from '../answer-fields.ts';
import { closedObject } from '../closed-object.ts';
import { listOf, pageParameters } from '../page.ts';
import { instant, metadata, text } from '../request-fields.ts';

export const createClockBody = closedObject({
  frozen_time: instant(),
  name: text().nullish(),
  metadata: metadata().nullish(),
});

export const advanceClockBody = closedObject({
  frozen_time: instant().meta({ description: 'Later than it is; any size of step.' }),
});

export const listClocksQuery = closedObject(pageParameters);

export const clockAnswer = answerObject('test_clock', {
  name: z.string().nullable(),
  status: z.enum(['ready', 'advancing']),
  frozen_time: instantField().meta({ description: 'The target while advancing.' }),
  progress: z
    .strictObject({ done: z.int(), total: z.int(), needs_attention: z.int() })
    .meta({ description: 'Of the last advance, in subscriptions: of ten that are all half-way, five are done.' }),
  deleted_at: instantField().nullable(),
}).meta({ id: 'TestClock' });

export const clockListAnswer = listOf(clockAnswer);
