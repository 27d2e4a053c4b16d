/** The platform as its Kubernetes API tells it, reduced to what the view and the verdict need. Times are in ms since 1970. */

export interface ObjectRef {
  readonly namespace: string;
  readonly name: string;
}

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job';

/** What creates pods and says how many are wanted. */
export interface Workload extends ObjectRef {
  readonly kind: WorkloadKind;
  readonly uid: string;
  readonly createdAt: number;
  /** Pods wanted (of a Job: completions wanted), and those of them that are there (of a Job: succeeded). */
  readonly wanted: number;
  readonly available: number;
  /** Pods of a Job that failed; a Job may succeed after some failed. */
  readonly failed: number;
  /** A Job that gave up: Kubernetes starts no further pod. */
  readonly gaveUp: boolean;
}

/** Why a container does not run, in Kubernetes' own reason (`ImagePullBackOff`, `CrashLoopBackOff`, `Unschedulable`, …). */
export interface Trouble {
  readonly reason: string;
  /** Kubernetes' own words, if it has any. */
  readonly message: string;
  readonly container?: string;
}

export interface Pod extends ObjectRef {
  readonly uid: string;
  readonly createdAt: number;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  /** It was asked to end and has not ended yet. */
  readonly terminating: boolean;
  readonly readyContainers: number;
  /** Containers that run at the same time; init containers are named too, and run before. */
  readonly containers: readonly string[];
  readonly initContainers: readonly string[];
  readonly restarts: number;
  /** The workload behind it, also through a ReplicaSet. */
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly trouble?: Trouble;
}

/** One state of the platform; never changed, always replaced. */
export interface PlatformState {
  readonly namespaces: readonly string[];
  /** Namespaces that the account may not look into; their objects are missing here. */
  readonly forbidden: readonly string[];
  readonly workloads: readonly Workload[];
  readonly pods: readonly Pod[];
}

/**
 * How the API is reached just now. `live`: what is shown is so now. `lost`: it was so at `since`; tried again by itself.
 * `absent`: the host has no cluster, or none that runs. `refused`: the account may not. `replaced`: the cluster behind the
 * address is another one (new certificate authority), whose credentials are being read again.
 */
export interface Link {
  readonly state: 'connecting' | 'live' | 'lost' | 'absent' | 'refused' | 'replaced';
  readonly since: number;
  /** The cause, for a person. */
  readonly detail: string;
}

export interface PlatformEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly lastSeen: number;
}

/** A web face of the platform that is reached through the connection: Keycloak, OpenSearch, Airflow, the MinIO console. */
export interface WebFace {
  readonly id: string;
  readonly title: string;
  readonly service: ObjectRef;
  readonly port: number;
  readonly path: string;
  /** The path below which the face believes to be, while it answers without it: the ingress takes it away. */
  readonly prefix?: string;
}

/** A way to a web face from this machine. */
export interface OpenFace {
  readonly url: string;
  /** The origin to which the face sends whoever comes, if it is another one: the platform's own address. */
  readonly leadsTo?: string;
  close(): void;
}

/** The platform's cluster, followed by watch. Read-only but for `restart`, which a person has confirmed. */
export interface Cluster {
  readonly link: Link;
  readonly state: PlatformState;
  /** Told at most ten times a second, however many changes there are. Answers how to stop listening. */
  onDidChange(listener: () => void): () => void;
  /** Whether a log is followed or a web face is open, which would end with `close`. */
  readonly inUse: boolean;
  /** Follows a container's log until `signal`; `previous` is the one of the container before its restart. */
  logs(
    pod: ObjectRef,
    container: string,
    options: { previous?: boolean; tailLines?: number },
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<void>;
  events(object: ObjectRef & { readonly kind: string }): Promise<readonly PlatformEvent[]>;
  /** Deletes the pod, which its workload replaces. */
  restart(pod: ObjectRef): Promise<void>;
  /** Opens a port on this machine's loopback that leads to the face; ends by `close`. */
  forward(face: WebFace): Promise<OpenFace>;
  /** The object as it is and as the server says it would be with the patch: nothing is changed. Both as YAML. */
  dryRun(
    object: ObjectRef & { readonly apiVersion: string; readonly kind: string },
    patch: object,
  ): Promise<{ readonly before: string; readonly after: string }>;
  close(): Promise<void>;
}
