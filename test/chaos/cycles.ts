/** How often real processes are killed in one run of the suite; `npm run chaos` goes on as long as wanted. */
export const killCycles = { alone: 60, onlyMember: 44, network: 10 } as const
