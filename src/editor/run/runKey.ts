import type { Session } from '../../host/session';

/** One run: a guide on a host. It stays the same through a new login, unlike the session. */
export const runKey = ({ transport, guide }: Session): string => `${transport.label}/${guide.id}`;

/** One attempt of a step: two guides may have a step of the same name. */
export const attemptKey = (session: Session, step: string, attempt: number): string =>
  `${runKey(session)}/${step}/${attempt}`;
