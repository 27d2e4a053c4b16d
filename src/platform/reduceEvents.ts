import { timeOf, type KubeEvent } from './kube';
import type { PlatformEvent } from './types';

/** Events in the order in which they were last seen. */
export const reduceEvents = (events: readonly KubeEvent[]): PlatformEvent[] =>
  events
    .map(({ metadata, type, reason, message, count, lastTimestamp, eventTime, series }) => ({
      type: type === 'Warning' ? ('Warning' as const) : ('Normal' as const),
      reason: reason ?? '',
      message: message?.trim() ?? '',
      count: series?.count ?? count ?? 1,
      lastSeen: timeOf(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp),
    }))
    .sort((a, b) => a.lastSeen - b.lastSeen);
