import { fileURLToPath } from 'node:url';

/** The absolute path of a main of this project, such as `api.ts`. */
export function mainPath(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}
