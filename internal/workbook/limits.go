package workbook

import (
	"time"

	"zona/internal/fault"
)

// Limits on a foreign workbook. A filled sheet of a large agency has 14 parts, 1.6 MB of XML in all, 2,205 rows of 22
// columns and 800 shared texts: every limit is some ten times what was seen, and together they keep one import under
// 64 MiB of memory and the refusal of a hostile file under 200 ms.
const (
	MaxFileSize = 16 << 20 // bytes of the file itself

	maxEntries     = 1000     // parts in the zip
	maxDirectory   = 1 << 20  // bytes of the zip's directory
	maxNameLength  = 200      // bytes of a part's name
	maxPacked      = 2 << 20  // bytes of all parts read, together, as they are packed
	maxInflated    = 12 << 20 // the same as they really come out
	maxRatio       = 200      // inflated / packed bytes of one part; sheets of blank rows reach 40
	ratioFrom      = 1 << 20  // bytes: below this a high ratio costs nothing
	maxSheets      = 100
	maxColumn      = 1024    // ALM; a row formatted to its end in LibreOffice reaches this
	maxRow         = 1 << 20 // the last row of the file format
	maxStrayCells  = 1000    // blank cells right of maxColumn
	maxRows        = 50_000  // row elements in all sheets
	maxCells       = 400_000 // cell elements in all sheets, blank ones included
	maxFilledCells = 100_000 // cells with something in them, in all sheets
	maxFilledRows  = 5000    // rows with something in them, in all sheets
	maxTexts       = 100_000 // shared strings
	maxStyles      = 65_490  // of each kind; the file format's own limit
	maxMerges      = 20_000  // merged ranges in all sheets
	maxMergeRows   = 12      // rows of a merged range that are looked at
	maxTableColumn = 200     // columns of a table with answers
	maxTableCells  = 100     // cells in a row of headings
	maxBands       = 200     // headings on one sheet, repeated ones included
	maxWording     = 400     // bytes of a text that are compared with the instrument's wording
	maxCriteria    = 4000    // bytes of a criterion that are looked through for options
	maxCellText    = 32_767  // characters in a cell: the file format's own limit
	maxFormula     = 8192    // characters of a formula: likewise
	maxNesting     = 64      // XML elements inside one another
	maxProblems    = 1000    // problems listed; more of them say nothing new
	maxReadShown   = 80      // characters of a cell repeated in a problem
	defaultTimeout = 5 * time.Second
)

// refuse is a file that cannot be read at all; the message says why and, where there is a way, how to mend it.
func refuse(message string, args ...any) error { return fault.New(fault.Invalid, message, args...) }

// tooMuch refuses a file that is larger than any sheet has a reason to be. What names the limit: it is part of the
// message id, so that both languages can say it.
func tooMuch(what string, limit int) error {
	return fault.New(fault.TooLarge, "workbook.file.limit."+what, "Limit", limit)
}

// damaged is a file whose bytes contradict themselves.
func damaged(part string) error { return refuse("workbook.file.damaged", "Part", part) }
