import * as z from 'zod';

const apiFault = z.object({ param: z.string().nullable(), code: z.string(), message: z.string() });

/** The API's error object (spec: error body); unknown members are ignored. */
export const apiProblem = z.object({
  type: z.string(),
  code: z.string(),
  message: z.string(),
  param: z.string().nullish(),
  details: z.array(apiFault).nullish(),
  fix: z.string().nullish(),
  request_id: z.string().nullish(),
});

export type ApiProblem = z.infer<typeof apiProblem>;

/** The API answered with an error. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: ApiProblem;

  constructor(status: number, problem: ApiProblem) {
    super(problem.message);
    this.name = 'ApiError';
    this.status = status;
    this.problem = problem;
  }
}

/** Every part that helps, one a line; equal parts once. */
export function describeApiError({ status, problem }: ApiError): string {
  const details = (problem.details ?? []).filter((fault) => fault.message !== problem.message);
  const lines = [
    `${problem.message}${problem.param && details.length === 0 ? ` (${problem.param})` : ''}`,
    ...details.map((fault) => `  ${fault.param ?? 'request'}: ${fault.message}`),
    ...(problem.fix ? [`Fix: ${problem.fix}`] : []),
    `${status} ${problem.code}${problem.request_id ? ` · request ${problem.request_id}` : ''}`,
  ];
  return lines.join('\n');
}
