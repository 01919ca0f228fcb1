internal import Support

/// The factor by which the steps of a reader grow when its input is twice as large: 2 for one that reads its input a fixed number
/// of times, 4 for one that compares everything with everything.
///
/// - Parameters:
///   - size: the size of the smaller input.
///   - run: reads an input of a size, on this thread.
package func growth<Failure: Error>(_ size: Int, _ run: (Int) throws(Failure) -> Void) throws(Failure) -> Double {
    let once = try StepCount.during { () throws(Failure) in try run(size) }
    let twice = try StepCount.during { () throws(Failure) in try run(2 * size) }
    return Double(twice) / Double(max(1, once))
}
