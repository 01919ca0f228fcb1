/// `bytes` in lowercase hex.
package func lowercaseHex(_ bytes: [UInt8]) -> String {
    unsafe String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
        var count = 0
        for byte in bytes {
            unsafe text[count] = lowercaseHexDigit(byte >> 4)
            unsafe text[count + 1] = lowercaseHexDigit(byte & 15)
            count += 2
        }
        return count
    }
}

private func lowercaseHexDigit(_ number: UInt8) -> UInt8 {
    number < 10 ? UInt8(ascii: "0") + number : UInt8(ascii: "a") + number - 10
}

extension String {
    /// True when every character is a lowercase hex digit.
    package var isLowercaseHex: Bool {
        hasOnlyBytes(in: UInt8(ascii: "0")...UInt8(ascii: "9"), or: UInt8(ascii: "a")...UInt8(ascii: "f"))
    }
}
