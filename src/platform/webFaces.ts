import type { PlatformState, WebFace, Workload } from './types';

/** A web face, and the Deployment that serves it: where that is, and whether it is there, tells where the face is. */
export interface KnownFace extends WebFace {
  readonly servedBy: string;
}

const face = (
  id: string,
  title: string,
  servedBy: string,
  service: `${string}/${string}`,
  port: number,
  path: string,
  prefix?: string,
): KnownFace => {
  const [namespace = '', name = ''] = service.split('/');
  return {
    ...{ id, title, servedBy, service: { namespace, name }, port, path },
    ...(prefix === undefined ? {} : { prefix }),
  };
};

/** The web faces of Kaapana that help during a migration; the same services at 0.3.5 and at 0.4. */
export const WEB_FACES: readonly KnownFace[] = [
  face('keycloak', 'Keycloak', 'keycloak', 'admin/keycloak-external-service', 80, '/auth/admin/'),
  face(
    'opensearch',
    'OpenSearch Dashboards',
    'os-dashboards-de',
    'services/os-dashboards-service',
    5601,
    '/meta',
  ),
  face('airflow', 'Airflow', 'airflow-webserver', 'services/airflow-webserver-service', 8080, '/flow/'),
  face(
    'minio',
    'MinIO console',
    'minio-deployment',
    'services/minio-service',
    9090,
    '/minio-console/',
    '/minio-console',
  ),
];

/** The face that a workload serves, in the namespace in which it is. */
export function faceOf({
  kind,
  namespace,
  name,
}: Pick<Workload, 'kind' | 'namespace' | 'name'>): WebFace | undefined {
  const known = WEB_FACES.find(({ servedBy }) => servedBy === name);
  if (!known || kind !== 'Deployment' || !namespace.endsWith(known.service.namespace)) return undefined;
  return { ...known, service: { ...known.service, namespace } };
}

/** A face, and whether anything answers there now. */
export interface OfferedFace {
  readonly face: WebFace;
  readonly available: boolean;
}

/** The faces of the platform as it is now. */
export const offeredFaces = ({ workloads }: PlatformState): OfferedFace[] =>
  workloads.flatMap((workload) => {
    const offered = faceOf(workload);
    return offered ? [{ face: offered, available: workload.available > 0 }] : [];
  });
