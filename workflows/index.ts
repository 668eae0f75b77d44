/** The workflow types of the bundle. */
export { reconcile } from './reconcile.ts';
export { lateUsage as 'late-usage', subscription } from './subscription.ts';
