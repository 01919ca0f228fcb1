#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

// libFuzzer has the program's `main` and hands over nothing but bytes, so the target comes by the environment.
private let target = getenv("FUZZ_TARGET").flatMap { name in
    FuzzTarget.all.first { $0.name == String(cString: name) }
}

/// What libFuzzer calls with every input; `scripts/fuzz` runs it. <https://llvm.org/docs/LibFuzzer.html>
@_cdecl("LLVMFuzzerTestOneInput")
public func checkOneInput(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard let target else {
        fatalError("FUZZ_TARGET is none of \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
    }
    do {
        try target.check([UInt8](UnsafeBufferPointer(start: bytes, count: size)))
    } catch {
        fatalError("\(error)")
    }
    return 0
}
