import * as z from 'zod';

/** Decimal text in plain notation. */
export function decimalField() {
  return z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .meta({ example: '19.20' });
}

/** UTC ISO 8601 with `Z`. */
export function instantField() {
  return z
    .string()
    .regex(/^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}(\d{3})?)?Z$/)
    .meta({ override: { format: 'date-time' }, example: '2026-01-31T09:30:00Z' });
}

export function metadataField() {
  return z.record(z.string(), z.string());
}

/** An object of the API: what every one has, and its own fields, all always present. */
export function answerObject<Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) {
  return z.strictObject({
    id: z.string(),
    object: z.literal(name),
    livemode: z.boolean(),
    created_at: instantField(),
    metadata: metadataField(),
    ...shape,
  });
}
