/// The command line of this process in bytes. `CommandLine.arguments` replaces bytes that are not UTF-8 by U+FFFD, and
/// would name another file.
package enum ArgumentVector {
    /// An argument that is not UTF-8.
    package struct NotText: Error, Hashable, CustomStringConvertible {
        /// The position; the first argument after the program's name is 1.
        package let position: Int
        /// The argument, with invalid bytes as `\x` and two hexadecimal digits.
        package let shown: String

        /// The message.
        package var description: String { "argument \(position) is not UTF-8: \"\(shown)\"" }
    }

    /// The words after the program's name.
    package static func words() throws(NotText) -> [String] {
        var words: [String] = []
        for position in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = unsafe CommandLine.unsafeArgv[position] else { break }
            // The system ends every argument with a NUL.
            var bytes: [UInt8] = []
            var index = 0
            while case let byte = unsafe argument[index], byte != 0 {
                bytes.append(UInt8(bitPattern: byte))
                index += 1
            }
            words.append(try word(bytes, position: position))
        }
        return words
    }

    /// An argument as text.
    static func word(_ bytes: [UInt8], position: Int) throws(NotText) -> String {
        guard let word = String(validating: bytes, as: UTF8.self) else {
            throw NotText(position: position, shown: shown(bytes))
        }
        return word
    }

    private static func shown(_ bytes: [UInt8]) -> String {
        var result = ""
        var rest = bytes[...]
        while let byte = rest.first {
            // A scalar has four bytes at most.
            let scalar = (1...4).lazy.compactMap { String(validating: rest.prefix($0), as: UTF8.self) }.first
            result += scalar.map(shortened) ?? "\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))"
            rest = rest.dropFirst(scalar?.utf8.count ?? 1)
            if result.utf8.count > 200 { return result + "…" }
        }
        return result
    }
}
