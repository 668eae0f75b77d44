import { type DocumentOptions, parseAllDocuments, type ParseOptions, type SchemaOptions } from 'yaml';

/** A number as an example writes it, so that no digit and no trailing zero of it is lost. */
export class WrittenNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Written = WrittenNumber | string | boolean | null | readonly Written[] | WrittenMap;
export interface WrittenMap {
  readonly [key: string]: Written;
}

/** What stands between two `---` of an example; its members are described at the top of docs/billing-rules.md. */
export type ExamplePart = Readonly<Partial<Record<PartKey, Written>>>;

const PART_KEYS = [
  'account',
  'tax_rates',
  'clock',
  'customer',
  'plan',
  'subscription',
  'grants',
  'events',
  'at',
  'do',
  'invoices',
  'expect',
] as const;
export type PartKey = (typeof PART_KEYS)[number];

export interface WorkedExample {
  /** The headings that it stands under, without the page's title. */
  readonly path: readonly string[];
  readonly line: number;
  readonly parts: readonly ExamplePart[];
}

export interface PageSection {
  readonly path: readonly string[];
  readonly examples: readonly WorkedExample[];
}

interface Block {
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/**
 * The sections of a Markdown page, each with the examples that stand directly in it: the fenced blocks of YAML. Throws
 * on a block in another language and on one that is not an example, for it would be read but never carried out.
 */
export function readPage(markdown: string): PageSection[] {
  const sections: { path: string[]; examples: WorkedExample[] }[] = [];
  let block: { line: number; language: string; lines: string[] } | null = null;
  for (const [index, text] of markdown.split('\n').entries()) {
    const fence = /^```(.*)$/.exec(text);
    const heading = /^(#{2,}) (.+)$/.exec(text);
    if (fence !== null && block === null) block = { line: index + 1, language: fence[1] ?? '', lines: [] };
    else if (fence !== null && block !== null) {
      const section = sections.at(-1);
      if (section === undefined) throw new Error(`line ${block.line}: an example under no heading`);
      section.examples.push(readExample({ ...block, text: block.lines.join('\n') }, section.path));
      block = null;
    } else if (block !== null) block.lines.push(text);
    else if (heading !== null) {
      const level = (heading[1] ?? '').length - 2;
      sections.push({ path: [...(sections.at(-1)?.path.slice(0, level) ?? []), heading[2] ?? ''], examples: [] });
    }
  }
  if (block !== null) throw new Error(`line ${block.line}: the block is not closed`);
  return sections;
}

function readExample(block: Block, path: readonly string[]): WorkedExample {
  const where = `line ${block.line}`;
  if (block.language !== 'yaml') throw new Error(`${where}: a block of ${block.language} is no example`);
  const documents = parseAllDocuments(block.text, YAML_OPTIONS);
  if (!Array.isArray(documents)) throw new Error(`${where}: the example is empty`);
  const parts = documents.map((document): ExamplePart => {
    if (document.errors.length > 0) throw new Error(`${where}: ${document.errors.join('; ')}`);
    const part: Written = document.toJS();
    if (!isMap(part)) throw new Error(`${where}: a part of an example is a map`);
    const unknown = Object.keys(part).filter((key) => !PART_KEYS.some((known) => known === key));
    if (unknown.length > 0) throw new Error(`${where}: no part of an example is called ${unknown.join(', ')}`);
    return part;
  });
  return { path, line: block.line, parts };
}

/** YAML's core schema, but for numbers, which keep their text. */
const YAML_OPTIONS: ParseOptions & DocumentOptions & SchemaOptions = {
  schema: 'core',
  customTags: (tags) => [
    {
      tag: 'tag:yaml.org,2002:float',
      default: true,
      test: /^-?\d+(?:\.\d+)?$/,
      resolve: (text: string) => new WrittenNumber(text),
    },
    ...tags.filter((tag) => typeof tag === 'string' || !/:(?:int|float)$/.test(tag.tag)),
  ],
};

export function isMap(value: Written | undefined): value is WrittenMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber);
}

export function isList(value: Written | undefined): value is readonly Written[] {
  return Array.isArray(value);
}
