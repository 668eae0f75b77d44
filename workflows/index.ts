/** The workflow types of the bundle. */
export { reconcile } from './reconcile.ts';
export { subscription } from './subscription.ts';
