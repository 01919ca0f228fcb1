internal import CLibYAML
internal import Support

/// The places of the scalars in a YAML text.
package enum YAMLScalars {
    /// The byte ranges of the scalars in the order of the text, keys included: the text between the quotes and the quotes,
    /// and the lines of a block. Nil when the text is not YAML.
    package static func ranges(in bytes: [UInt8]) -> [Range<Int>]? {
        bytes.withUnsafeBufferPointer { buffer in
            var parser = yaml_parser_t()
            guard yaml_parser_initialize(&parser) == 1 else { return nil }
            defer { yaml_parser_delete(&parser) }
            yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
            let mark = buffer.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
            yaml_parser_set_input_string(&parser, buffer.baseAddress.map { $0 + mark }, buffer.count - mark)
            var position = YAMLPosition(offset: mark)
            var ranges: [Range<Int>] = []
            while true {
                var event = yaml_event_t()
                guard yaml_parser_parse(&parser, &event) == 1 else { return nil }
                defer { yaml_event_delete(&event) }
                if event.type == YAML_STREAM_END_EVENT { return ranges }
                guard event.type == YAML_SCALAR_EVENT else { continue }
                var start = position.advance(to: Int(event.start_mark.index), in: buffer)
                let end = position.advance(to: Int(event.end_mark.index), in: buffer)
                let style = event.data.scalar.style
                if style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE {
                    // The first line of a block is its header, which may contain a comment.
                    start = bytes[start..<end].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? end
                }
                ranges.append(start..<end)
            }
        }
    }

}

/// Converts the positions of libyaml, which count characters, to offsets in the bytes. Positions only grow.
struct YAMLPosition {
    private var character = 0
    private var offset: Int

    /// The position of the first character.
    init(offset: Int = 0) { self.offset = offset }

    /// The offset of a character at the last position or after it.
    mutating func advance(to index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
        while character < index, offset < bytes.count {
            StepCount.add()
            offset += 1
            // The bytes of a character after the first one are 10xxxxxx.
            while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
            character += 1
        }
        return offset
    }
}
