package download

// lockSuffix names what is locked while a part is written. A lock on Windows keeps even its owner's other handles from
// writing, so it is a file of its own.
const lockSuffix = ".part.lock"
