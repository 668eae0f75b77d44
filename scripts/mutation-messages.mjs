/**
 * Leaves out of mutation testing what only people read: sentences of errors and of the error catalogue. Codes, paths
 * and names, which programs read, are mutated.
 */
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

const TEXT_PROPERTIES = new Set(['message', 'meaning', 'fix']);
/** By the function or class: which argument is the sentence. */
const TEXT_ARGUMENTS = new Map([
  ['Error', 0],
  ['RangeError', 0],
  ['Failure', 1],
  ['UnrateableError', 1],
  ['fault', 2],
  ['withinDigits', 2],
]);

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'messages', { shouldIgnore })];

function shouldIgnore({ node, parent }) {
  if (node.type !== 'StringLiteral' && node.type !== 'TemplateLiteral') return undefined;
  return isSentence(node, parent) ? 'only people read it' : undefined;
}

function isSentence(node, parent) {
  switch (parent?.type) {
    case 'ObjectProperty':
      return parent.value === node && TEXT_PROPERTIES.has(parent.key.name);
    case 'VariableDeclarator':
      return TEXT_PROPERTIES.has(parent.id.name);
    case 'NewExpression':
    case 'CallExpression':
      return parent.arguments[TEXT_ARGUMENTS.get(parent.callee.name) ?? -1] === node;
    default:
      return false;
  }
}
