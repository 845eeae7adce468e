/** The chirograph command, for programs that run it in their own process. */
export { exitCodes } from './exit-codes.js'
export { createProgram, runCommand } from './program.js'
