import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/dags/analyze';

const HEAD = `from airflow import DAG as D
from airflow.decorators import dag as d
from airflow.models import DAG
from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
`;
const reasonIn = (context: string, call = 'dag=dag') =>
  analyze(`${HEAD}${context}\nget_input = LocalGetInputDataOperator(${call})\n`).findings.at(-1)?.reason;

describe('a DAG that nobody starts with a dataset keeps the local operator', () => {
  it.each([
    'dag = DAG("x", default_args={"ui_visible": False})',
    'args = dict(ui_visible=False)\ndag = DAG("x", default_args=args)',
    'args = {}\nargs["ui_visible"] = False\ndag = DAG("x", default_args=args)',
    'visible = False\ndag = DAG("x", default_args={"ui_visible": visible})',
  ])('it is hidden: %s', (context) => {
    expect(reasonIn(context)).toContain('the DAG is hidden and has no form');
  });

  it.each([
    'dag = DAG("x", default_args={"ui_visible": True})',
    'args = {"ui_visible": False}\nargs["ui_forms"] = {}\ndag = DAG("x", default_args=args)',
    'shown = args["ui_visible"] == False\ndag = DAG("x")',
  ])('it is not hidden: %s', (context) => {
    expect(reasonIn(context)).toBeNull();
  });

  it.each([
    'dag = D("service-x")',
    '@d(dag_id="service-x")\ndef build():\n    pass\n',
    'import airflow.decorators as make\n@make.dag("service-x")\ndef build():\n    pass\n',
    'dag = DAG(**{"dag_id": "service-x"})',
    'dag = DAG("service-" + name)',
    'dag = DAG(f"service-{name}")',
  ])('it is a service: %s', (context) => {
    expect(reasonIn(context)).toContain('this is a service DAG');
  });

  it.each(['dag = D("my-service-x")', 'dag = DAG(f"{name}-service-")', 'make("service-x")'])(
    'it is no service: %s',
    (context) => {
      expect(reasonIn(context)).toBeNull();
    },
  );
});

describe('whether the form asks for a modality', () => {
  const verdictOf = (context: string) =>
    analyze(
      `${HEAD}${context}\ndag = DAG("x")\nget = LocalGetInputDataOperator(dag=dag, check_modality=True)\n`,
    ).findings.at(-1)?.fix?.verdict;

  it.each([
    ['ui_forms["workflow_form"]["properties"]["input"] = {}', 'safe'],
    ['ui_forms["publication_form"]["properties"]["input"] = {}', 'unsafe'],
    ['del ui_forms["workflow_form"]["properties"]["input"]', 'unsafe'],
    ['print(ui_forms["workflow_form"]["properties"]["input"])', 'unsafe'],
  ])('%s', (context, verdict) => {
    expect(verdictOf(context)).toBe(verdict);
  });
});
