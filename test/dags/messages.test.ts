import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/dags/analyze';

const HEAD = `from kaapana.operators.LocalDeleteFromMetaOperator import LocalDeleteFromMetaOperator
from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalGetRefSeriesOperator import LocalGetRefSeriesOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator
`;
const findingIn = (call: string) =>
  analyze(`${HEAD}${call}\n`).findings.find((one) => one.range.from >= HEAD.length);

describe('what is said of arguments', () => {
  it('tells what an operator never took from what it takes no longer', () => {
    const put = findingIn(
      'LocalMinioOperator(action="put", minio_prefix="x", colour="red", action_operators=[b])',
    );
    expect(put?.message).toContain('`minio_prefix` is not accepted by `LocalMinioOperator`');
    expect(put?.message.match(/`colour`/g)).toHaveLength(1);
    const reference = findingIn('LocalGetRefSeriesOperator(search_policy="reference_uid", modality=None)');
    expect(reference?.message).toContain('`modality` is no longer accepted in Kaapana 0.4.1');
  });

  it('keeps what only the new operator takes', () => {
    const source = 'LocalDeleteFromMetaOperator(name="delete", input_operator=a)';
    expect(findingIn(source)).toMatchObject({
      message: expect.stringContaining('`name` is not accepted by `LocalDeleteFromMetaOperator`') as string,
      fix: { verdict: 'safe' },
    });
  });

  it('does not take the lines behind a call that is never closed for its arguments', () => {
    const { message, reason } =
      findingIn('LocalGetInputDataOperator(dag=dag, dataset_limit=5\nb = 1\nc = 2') ?? {};
    expect(reason).toBe('the call is not complete.');
    expect(message).not.toContain('accepted');
  });

  it('says what is wrong with a policy that is spelled out', () => {
    expect(findingIn('LocalGetRefSeriesOperator(search_policy="search_query")')?.reason).toBe(
      '`LocalGetRefSeriesOperator` had no such `search_policy`.',
    );
    expect(findingIn('LocalGetRefSeriesOperator(search_policy=policy)')?.reason).toContain('run time only');
  });
});
