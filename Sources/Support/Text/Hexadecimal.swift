/// `bytes` in lowercase hex.
package func lowercaseHex(_ bytes: some Collection<UInt8>) -> String {
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
        var text = self
        return text.withUTF8 { bytes in
            guard let start = bytes.baseAddress else { return true }
            let count = bytes.count
            var index = 0
            while index < count {
                let byte = unsafe start[index]
                guard byte >= 0x30, byte <= 0x39 || (byte >= 0x61 && byte <= 0x66) else { return false }
                index += 1
            }
            return true
        }
    }
}
