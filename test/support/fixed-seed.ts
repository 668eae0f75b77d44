/** Mutation testing asks again and again whether the tests notice a change: the answer must not be a matter of luck. */
import fc from 'fast-check';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_260_131, endOnFailure: true });
