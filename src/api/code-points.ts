/** Whether the text has more than `max` characters (Unicode code points, as JSON Schema counts them). */
export function hasMoreCodePoints(text: string, max: number): boolean {
  // A code point has one or two units, so most texts need no counting.
  if (text.length <= max) return false;
  if (text.length > max * 2) return true;
  let count = 0;
  for (let index = 0; index < text.length; index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1) count += 1;
  return count > max;
}
