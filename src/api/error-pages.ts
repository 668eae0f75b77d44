import type { RequestHandler } from 'express';
import { ERRORS, type ErrorCode, statusOf } from '../domain/errors/catalogue.ts';
import { FAULTS, isFaultCode } from '../domain/errors/fault-codes.ts';
import { htmlPage, htmlText } from './html.ts';

const FAULT_TITLE = 'a field of the request (`details`)';

/** Every code that has a page: those of errors, and those of their details. */
export const DOCUMENTED_CODES: readonly string[] = [...Object.keys(ERRORS), ...Object.keys(FAULTS)];

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

/** The page of one code, or null when there is no such code. */
export function errorPage(code: string): string | null {
  if (isErrorCode(code)) {
    const { type, meaning, fix } = ERRORS[code];
    return page({ code, where: `HTTP ${statusOf(code)}, type \`${type}\``, meaning, fix });
  }
  if (!isFaultCode(code) || code === 'unsupported_field') return null;
  return page({ code, where: FAULT_TITLE, ...FAULTS[code] });
}

function page(entry: { code: string; where: string; meaning: string; fix: string }): string {
  return htmlPage(
    entry.code,
    `<h1><code>${entry.code}</code></h1><p>${htmlText(entry.where)}</p><h2>What it means</h2><p>${htmlText(entry.meaning)}</p>
<h2>What to do</h2><p>${htmlText(entry.fix)}</p><p><a href="/docs/errors">All codes</a></p>`,
  );
}

/** All codes on one page. */
export function errorIndex(): string {
  const rows = DOCUMENTED_CODES.map((code) => {
    const meaning = isErrorCode(code) ? ERRORS[code].meaning : isFaultCode(code) ? meaningOfFault(code) : '';
    const status = isErrorCode(code) ? String(statusOf(code)) : 'detail';
    return `<tr><td><a href="/docs/errors/${code}"><code>${code}</code></a></td><td>${status}</td><td>${htmlText(meaning)}</td></tr>`;
  });
  return htmlPage('Error codes', `<h1>Error codes</h1><table>${rows.join('')}</table>`);
}

function meaningOfFault(code: keyof typeof FAULTS | 'unsupported_field'): string {
  return code === 'unsupported_field' ? ERRORS.unsupported_field.meaning : FAULTS[code].meaning;
}

export const serveErrorIndex: RequestHandler = (_request, response) => {
  response.type('html').send(errorIndex());
};

export const serveErrorPage: RequestHandler = (request, response, next) => {
  const { code } = request.params;
  const found = typeof code === 'string' ? errorPage(code) : null;
  if (found === null) next();
  else response.type('html').send(found);
};
