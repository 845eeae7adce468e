import { runShare } from './seeds.ts'

runShare(3)
