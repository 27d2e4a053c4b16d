/** What of the analysis is measured without a wire. */
export { analyze } from '../../src/dags/analyze';
export { OpenDocument } from '../../src/dags/server/documents';
export { Workspace } from '../../src/dags/server/workspace';
