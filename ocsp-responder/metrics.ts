/** Health and figures for operators, on a port of their own (Prometheus text format 0.0.4). */
import { createServer, type Server } from 'node:http';
import type { Clock } from '../ca-core/clock.ts';
import type { Counts } from './counts.ts';
import type { ResponderState } from './open-ocsp-responder.ts';

export interface MetricsParts {
  readonly state: () => ResponderState;
  readonly counts: () => Counts;
  readonly workers: () => number;
  readonly replaced: () => number;
  readonly clock: Clock;
}

/** A server that is not listening yet: `/health` (200 or 503, JSON) and `/metrics`. */
export function createMetricsServer(parts: MetricsParts): Server {
  return createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    request.resume();
    if (request.url === '/health') {
      const state = parts.state();
      response.writeHead(state.state === 'green' ? 200 : 503, { 'content-type': 'application/json' });
      response.end(JSON.stringify(state));
    } else if (request.url === '/metrics') {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(metricsText(parts));
    } else {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
      response.end('There are /health and /metrics.\n');
    }
  });
}

interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  /** Labels in braces, or nothing, and the value. */
  readonly samples: readonly (readonly [string, number])[];
}

export function metricsText({ state, counts, workers, replaced, clock }: MetricsParts): string {
  const { state: colour, reachedAt, certificates, prepared, disagreements } = state();
  const answers = Object.entries(counts()).map(([status, count]) => [`{status="${status}"}`, count] as const);
  const gauge = (name: string, help: string, value: number): Metric => ({
    name,
    type: 'gauge',
    help,
    samples: [['', value]],
  });
  const metrics: readonly Metric[] = [
    { name: 'ocsp_answers_total', type: 'counter', help: 'Answers by response status.', samples: answers },
    gauge('ocsp_green', '1 when all is well.', colour === 'green' ? 1 : 0),
    gauge('ocsp_known_age_seconds', 'Time since everything was known.', Math.max(0, clock.now() - reachedAt)),
    gauge('ocsp_certificates', 'Certificates of known status.', certificates),
    gauge('ocsp_prepared', 'Certificates with answers signed beforehand.', prepared),
    gauge('ocsp_disagreements', 'Answers that disagree with CRL or database.', disagreements),
    gauge('ocsp_workers', 'Workers that are running.', workers()),
    { name: 'ocsp_workers_replaced_total', type: 'counter', help: 'Workers that died.', samples: [['', replaced()]] },
    gauge('process_resident_memory_bytes', 'Memory of the primary.', process.memoryUsage.rss()),
  ];
  return metrics.map(textOf).join('');
}

function textOf({ name, type, help, samples }: Metric): string {
  const lines = samples.map(([labels, value]) => `${name}${labels} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
