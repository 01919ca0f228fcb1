internal import Support

/// The classes of bytes in a head.
enum ByteClass {
    /// A method or the name of a field: `tchar` of [RFC 9110, section 5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
    static let token: UInt8 = 1
    /// The value of a field: anything but control characters other than the tab.
    static let value: UInt8 = 2
    /// The target of a request: visible ASCII.
    static let target: UInt8 = 4
    /// A hexadecimal number.
    static let hexadecimal: UInt8 = 8
    /// The value of `Host`: a name or an address with a port.
    static let host: UInt8 = 16

    /// The classes of every byte.
    static let table: [UInt8] = (UInt8.min...UInt8.max).map { byte in
        var classes: UInt8 = 0
        let isDigit = (0x30...0x39).contains(byte)
        let isAlphanumeric = isDigit || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        if isAlphanumeric || "!#$%&'*+-.^_`|~".utf8.contains(byte) { classes |= token }
        if byte == 0x09 || (byte >= 0x20 && byte != 0x7F) { classes |= value }
        if (0x21...0x7E).contains(byte) { classes |= target }
        if isDigit || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte) { classes |= hexadecimal }
        if isAlphanumeric || "-._~!$&'()*+,;=:[]%".utf8.contains(byte) { classes |= host }
        return classes
    }
}

extension Span<UInt8> {
    /// True when these bytes equal a lowercase name, ignoring case.
    func isName(_ range: Range<Int>, _ name: StaticString) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        StepCount.add(range.count)
        return name.withUTF8Buffer { name in
            for offset in 0..<name.count {
                let byte = self[range.lowerBound + offset]
                // Sound: `offset` is within both.
                guard unsafe (byte &- 0x41 < 26 ? byte | 0x20 : byte) == name[offset] else { return false }
            }
            return true
        }
    }

    /// True when all of these bytes belong to a class.
    func isAll(_ range: Range<Int>, _ kind: UInt8) -> Bool {
        StepCount.add(range.count)
        let table = ByteClass.table
        let classes = table.span
        for index in range where classes[Int(self[index])] & kind == 0 { return false }
        return true
    }
}
