import { type Example, exampleId, examplePage } from '../example.ts';

const id = exampleId('apiKey');
const key = {
  id,
  object: 'api_key',
  livemode: false,
  created_at: '2026-01-05T08:10:00Z',
  name: 'meter in eu-1',
  role: 'ingest',
  hint: '6f1d',
  secret: null,
  revoked_at: null,
  metadata: {},
};

export const apiKeyExamples = {
  create: {
    body: { name: 'meter in eu-1', role: 'ingest' },
    status: 201,
    answer: { ...key, secret: 'fp_test_2b7e151628aed2a6abf7158809cf4f3c2b7e15166f1d' },
  },
  list: { query: { limit: 1 }, status: 200, answer: examplePage(key) },
  revoke: { id, status: 200, answer: { ...key, revoked_at: '2026-01-05T08:20:00Z' } },
} satisfies Record<string, Example>;
