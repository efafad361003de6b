-- A paragraph "Table 3: words" right above a table becomes its caption; LaTeX counts the tables itself.

local function caption_words(block)
  if block.t ~= "Para" then return nil end
  local head, space, number = block.content[1], block.content[2], block.content[3]
  if not (head and number and head.text == "Table" and space.t == "Space") then return nil end
  if not string.match(number.text or "", "^%d+:$") then return nil end
  return { table.unpack(block.content, 5) }
end

function Blocks(blocks)
  local out = pandoc.List()
  for index, block in ipairs(blocks) do
    local following = blocks[index + 1]
    local words = caption_words(block)
    if words and following and following.t == "Table" then
      following.caption = { long = { pandoc.Plain(words) } }
    else
      out:insert(block)
    end
  end
  return out
end
