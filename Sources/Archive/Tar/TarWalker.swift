internal import Support

/// A tar that can be read at any offset.
package protocol TarSource {
    associatedtype Failure: Error

    /// The size of the tar in bytes.
    var size: Int64 { get }
    /// Up to `count` bytes at `offset`; fewer only at the end.
    func read(at offset: Int64, count: Int) throws(Failure) -> [UInt8]
    /// The error to throw when the tar is rejected.
    func rejection(_ error: ArchiveError) -> Failure
    /// The error to throw when the tar is cut short. `reason` says where.
    func cutShort(_ reason: String) -> Failure
}

/// Walks over the headers of a tar, without reading the contents of entries.
///
/// It neither reads padding nor what follows the end; a dialect with rules for those requires `TarStream`.
package struct TarWalker<Source: TarSource> {
    /// An entry and the offset of its content. The content lies within the source.
    package struct Item {
        package let entry: TarEntry
        package let offset: Int64
    }

    private let source: Source
    private var tokenizer: TarTokenizer
    private var offset: Int64 = 0

    /// A walker at the start of `source`.
    package init(_ source: Source, _ dialect: TarDialect) {
        self.source = source
        tokenizer = TarTokenizer(dialect)
    }

    /// The next entry; nil at the end.
    package mutating func next() throws(Source.Failure) -> Item? {
        while true {
            let block = try source.read(at: offset, count: TarHeader.blockSize)
            if block.isEmpty {
                try check { (tokenizer) throws(ArchiveError) in try tokenizer.finish() }
                return nil
            }
            guard block.count == TarHeader.blockSize else { throw source.cutShort("it ends in the middle of a header") }
            let content = offset + Int64(TarHeader.blockSize)
            switch try check({ (tokenizer) throws(ArchiveError) in try tokenizer.read(block) }) {
            case .end: return nil
            case .zeroBlock: offset = content
            case .extensionHeader(let size):
                let bytes = try source.read(at: content, count: size)
                guard bytes.count == size else { throw source.cutShort("it ends in the middle of a pax header") }
                try check { (tokenizer) throws(ArchiveError) in try tokenizer.take(bytes) }
                offset = content + Int64(size + TarHeader.paddingSize(after: Int64(size)))
            case .entry(let entry):
                // Compared so that no sum can overflow: the header may declare 2^63 - 1 bytes.
                guard entry.size <= source.size - content else {
                    throw source.cutShort(
                        "\(quoted(entry.name)) has \(entry.size) bytes according to its header, more than the rest of the file"
                    )
                }
                offset = content + entry.size + Int64(TarHeader.paddingSize(after: entry.size))
                return Item(entry: entry, offset: content)
            }
        }
    }

    private mutating func check<Value>(
        _ body: (inout TarTokenizer) throws(ArchiveError) -> Value
    ) throws(Source.Failure) -> Value {
        do throws(ArchiveError) { return try body(&tokenizer) } catch { throw source.rejection(error) }
    }
}
