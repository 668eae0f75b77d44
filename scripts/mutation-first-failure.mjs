/** A mutant is killed by the first failure of a property: nothing is gained by making its counterexample smaller. */
import fc from 'fast-check';

fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
