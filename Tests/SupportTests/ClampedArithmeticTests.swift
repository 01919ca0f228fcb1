import Support
import Testing

@Suite("Clamped arithmetic")
struct ClampedArithmeticTests {
    @Test(
        "stays within the range of the type",
        arguments: [
            (1, 2, 3, -1), (Int64.max, 1, .max, .max - 1), (.max, -1, .max - 1, .max), (.min, 1, .min + 1, .min),
            (.min, -1, .min, .min + 1), (.min, .min, .min, 0), (.max, .max, .max, 0), (.max, .min, -1, .max),
            (.min, .max, -1, .min), (0, .min, .min, .max),
        ] as [(Int64, Int64, Int64, Int64)])
    func results(left: Int64, right: Int64, sum: Int64, difference: Int64) {
        #expect(left.addingClamped(right) == sum)
        #expect(left.subtractingClamped(right) == difference)
    }

    @Test("stays within the range of a type without a sign")
    func unsigned() {
        #expect(UInt8(250).addingClamped(9) == 255)
        #expect(UInt8(3).subtractingClamped(9) == 0)
    }
}
