// OpenAI's JavaScript client, unmodified, against a chat; prints what it saw as JSON.
// Run with its folder as the first word: openai_client.mjs CLIENT_FOLDER BASE_URL API_KEY QUESTION UNKNOWN_BASE_URL
import { createRequire } from 'node:module'

const [folder, baseURL, apiKey, question, unknown] = process.argv.slice(2)
const { OpenAI } = createRequire(`${folder}/`)('openai')
const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: question }]
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 })
const seen = {}

seen.models = []
for await (const model of client.models.list()) seen.models.push(model.id)

const plain = await client.chat.completions.create({ model: 'any', messages, stream: false })
seen.plain = [plain.choices[0].message.content, plain.choices[0].finish_reason, plain.object, plain.model]
seen.usage = plain.usage.total_tokens === plain.usage.prompt_tokens + plain.usage.completion_tokens

const cited = await client.chat.completions.create({ model: 'any', messages, stream: false, reference: true })
seen.cited = cited.choices[0].message.reference.map((chunk) => chunk.document_name)

let text = ''
let last
for await (const chunk of await client.chat.completions.create({ model: 'any', messages, stream: true })) {
  text += chunk.choices[0].delta.content ?? ''
  last = chunk
}
seen.streamed = [text, last.choices[0].finish_reason]
seen.streamed_usage = last.usage.completion_tokens === text.length

seen.wrong_key = await status(new OpenAI({ baseURL, apiKey: 'wrong', maxRetries: 0 }), messages)
seen.unknown_chat = await status(new OpenAI({ baseURL: unknown, apiKey, maxRetries: 0 }), messages)
seen.no_user = await status(client, [{ role: 'assistant', content: 'x' }])
console.log(JSON.stringify(seen))

async function status(client, messages) {
  try {
    await client.chat.completions.create({ model: 'any', messages, stream: false })
  } catch (error) {
    return [error.constructor.name, error.status]
  }
}
