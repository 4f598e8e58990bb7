// Reads tokens, one a line, and prints what the module named by the argument makes of each: its sub, or why it refuses it.
import readline from "node:readline";

for await (const line of readline.createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { verify } = await import(`./${process.argv[2]}.mjs`);
    answer = { sub: (await verify(line.trim())).sub };
  } catch (error) {
    answer = { refused: String(error) };
  }
  console.log(JSON.stringify(answer));
}
