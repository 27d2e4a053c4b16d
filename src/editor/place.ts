import type { Place } from '../migration/permission';

/** Addresses that MicroK8s gives to services: the API server that every pod of its cluster is told of is among them. */
const MICROK8S_SERVICES = '10.152.183.';

/** Where this editor runs, by what its environment tells. */
export const placeOf = (env: NodeJS.ProcessEnv): Place => ({
  inPlatform: env['KUBERNETES_SERVICE_HOST']?.startsWith(MICROK8S_SERVICES) ?? false,
});
