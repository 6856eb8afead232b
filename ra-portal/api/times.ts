import { z } from '../../ca-core/schema.ts';

/** RFC 3339 in UTC, whole seconds. */
export const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  .meta({ format: 'date-time', examples: ['2026-11-22T03:00:00Z'] });

/** Of Unix seconds. */
export const isoTime = (at: number): string => new Date(at * 1000).toISOString().replace('.000Z', 'Z');
export const isoTimeOrNull = (at: number | null | undefined): string | null => (at == null ? null : isoTime(at));
