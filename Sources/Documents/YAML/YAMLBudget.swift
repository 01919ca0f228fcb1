/// The limit of all YAML that one check of many files may read. A limit for each file alone would permit ten thousand
/// large files.
package struct YAMLBudget {
    /// Ten times the largest known package (an operator with its CRDs has some 400,000 values), which takes a few
    /// seconds to read.
    package static let package = YAMLBudget(nodes: 4_000_000)

    package private(set) var nodes: Int

    package init(nodes: Int) { self.nodes = nodes }

    package var isSpent: Bool { nodes <= 0 }

    /// The documents of a stream. Their nodes, with aliases expanded, and their bytes are deducted from the budget.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`, `.limitExceeded`
    package mutating func documents(_ bytes: [UInt8], file: String, limits: YAMLLimits) throws(DocumentError)
        -> [YAMLNode]
    {
        nodes -= 1 + bytes.count / 16
        guard !isSpent else {
            throw DocumentError(
                .limitExceeded, "\(file): the files before this one hold as much YAML as a package may in all")
        }
        var limits = limits
        limits.nodes = min(limits.nodes, nodes)
        let (documents, count) = try YAMLParser.countedDocuments(bytes, file: file, limits: limits)
        nodes -= count
        return documents
    }
}
