import { expect, test } from '@jest/globals';
import { decodeUuid, encodeUuid, idFromUuid, parseId, uuidFromId } from '../../src/domain/ids.ts';

const UUID = '018f4e4e-7b3c-7a2b-9c1d-0123456789ab';

test('an id names its kind and gives its UUID back', () => {
  const id = idFromUuid('invoice', UUID);
  expect(id).toBe('inv_01hx74wyswf8nsr7814d2pf2db');
  expect(parseId('invoice', id)).toBe(id);
  expect(uuidFromId(id)).toBe(UUID);
});

test('the smallest and the largest UUID survive the trip', () => {
  for (const uuid of ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']) {
    expect(decodeUuid(encodeUuid(uuid))).toBe(uuid);
  }
});

test.each([
  ['another kind', `sub_${encodeUuid(UUID)}`],
  ['no prefix', encodeUuid(UUID)],
  ['a digit too few', `inv_${encodeUuid(UUID).slice(1)}`],
  ['a letter outside the alphabet', `inv_${encodeUuid(UUID).slice(0, -1)}u`],
  ['capitals', `inv_${encodeUuid(UUID).toUpperCase()}`],
  ['more than 128 bits', `inv_8${'0'.repeat(25)}`],
  ['a digit too many', `inv_${encodeUuid(UUID)}0`],
  ['a digit too many in front', `inv_0${encodeUuid(UUID)}`],
  ['nothing', ''],
])('%s is no invoice id', (_, text) => {
  expect(parseId('invoice', text)).toBeNull();
});
