internal import Support

/// Loops over the bytes of blocks. Each of them is one loop over memory: closures and generic functions that are called for each
/// byte take most of the time of reading an archive where nothing is optimized.
extension [UInt8] {
    /// Calls `body` with the memory of a range.
    func withBytes<Result>(in range: Range<Int>, _ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress, range.lowerBound >= 0, range.upperBound <= buffer.count else {
                preconditionFailure("a field is within its block")
            }
            StepCount.add(range.count)
            return body(start + range.lowerBound)
        }
    }

    /// True when the bytes of a range are zeros.
    func isZero(in range: Range<Int>) -> Bool {
        range.isEmpty || withBytes(in: range) { UnsafeRawBufferPointer(start: $0, count: range.count).isZero }
    }

    /// The sum of the bytes of a range.
    func sum(in range: Range<Int>) -> Int64 {
        withBytes(in: range) { bytes in
            let count = range.count
            var (index, sum) = (0, Int64(0))
            while index < count {
                sum += Int64(bytes[index])
                index += 1
            }
            return sum
        }
    }
}

extension UnsafeRawBufferPointer {
    /// True when all bytes are zeros.
    var isZero: Bool {
        guard let start = baseAddress?.assumingMemoryBound(to: UInt8.self) else { return true }
        let count = count
        var index = 0
        while index < count, start[index] == 0 { index += 1 }
        StepCount.add(index)
        return index == count
    }
}
