//! The kinds of types that preview 1 has, and how their values lie in memory.

/// The type of a parameter, a result or a part of a record.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    U8,
    /// The length of something in memory.
    Size,
    /// A descriptor.
    Fd,
    Exitcode,
    /// The length of a directory entry's name.
    Dirnamlen,
    /// The size of a file, or an absolute offset in it.
    Filesize,
    /// A relative offset in a file: the only signed type.
    Filedelta,
    /// Nanoseconds.
    Timestamp,
    /// A place among the entries of a directory.
    Dircookie,
    Device,
    Inode,
    Linkcount,
    Userdata,
    Enum(&'static Enum),
    Flags(&'static Flags),
    Record(&'static Record),
    Union(&'static Union),
    /// An address and a length: bytes that the function reads.
    String,
    /// An address and a length: a list of buffers that the function fills.
    IovecArray,
    /// An address and a length: a list of buffers that the function reads.
    CiovecArray,
    /// An address that the function writes to.
    Pointer(&'static Type),
    /// An address that the function reads from.
    ConstPointer(&'static Type),
}

impl Type {
    /// How many bytes a value takes in memory.
    pub const fn size(self) -> usize {
        match self {
            Type::U8 => 1,
            Type::Size | Type::Fd | Type::Exitcode | Type::Dirnamlen => 4,
            Type::Pointer(_) | Type::ConstPointer(_) => 4,
            Type::Filesize
            | Type::Filedelta
            | Type::Timestamp
            | Type::Dircookie
            | Type::Device
            | Type::Inode
            | Type::Linkcount
            | Type::Userdata => 8,
            // An address and a length.
            Type::String | Type::IovecArray | Type::CiovecArray => 8,
            Type::Enum(of) => of.size,
            Type::Flags(of) => of.size,
            Type::Record(of) => of.size(),
            Type::Union(of) => of.size(),
        }
    }

    const fn align(self) -> usize {
        match self {
            Type::String | Type::IovecArray | Type::CiovecArray => 4,
            Type::Record(of) => largest_align(of.fields),
            Type::Union(of) => of.align(),
            plain => plain.size(),
        }
    }
}

/// Names for the numbers from 0 on.
#[derive(Debug)]
pub struct Enum {
    pub name: &'static str,
    /// Bytes.
    pub size: usize,
    /// The place of a case is its number.
    pub cases: &'static [&'static str],
}

impl Enum {
    /// The number of a case.
    pub const fn number(&self, case: &str) -> Option<u32> {
        match place(self.cases, case) {
            Some(place) => Some(place as u32),
            None => None,
        }
    }

    /// The case that has a number.
    pub fn case(&self, number: u32) -> Option<&'static str> {
        self.cases.get(number as usize).copied()
    }
}

/// Names for bits.
#[derive(Debug)]
pub struct Flags {
    pub name: &'static str,
    /// Bytes.
    pub size: usize,
    /// From the lowest bit on.
    pub bits: &'static [&'static str],
}

impl Flags {
    /// The value in which this bit alone is set.
    pub const fn value(&self, bit: &str) -> Option<u64> {
        match place(self.bits, bit) {
            Some(place) => Some(1 << place),
            None => None,
        }
    }

    /// The value in which these bits are set. Panics if there is no bit of such a name: meant for
    /// constants, where that is an error of the compiler.
    pub const fn values(&self, bits: &[&str]) -> u64 {
        let (mut all, mut i) = (0, 0);
        while i < bits.len() {
            match self.value(bits[i]) {
                Some(value) => all |= value,
                None => panic!("there is no flag of this name"),
            }
            i += 1;
        }
        all
    }

    /// The value in which every bit that has a name is set.
    pub const fn all(&self) -> u64 {
        (1 << self.bits.len()) - 1
    }
}

/// A name and its type: a parameter, a result, or a part of a record.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub ty: Type,
}

/// `fields![name: TYPE, ...]`
macro_rules! fields {
    ($($name:ident: $ty:expr),* $(,)?) => {
        &[$($crate::types::Field { name: stringify!($name), ty: $ty }),*]
    };
}
pub(crate) use fields;

/// Values one after the other, each at the next place that its alignment allows.
#[derive(Debug)]
pub struct Record {
    pub name: &'static str,
    pub fields: &'static [Field],
}

impl Record {
    pub const fn size(&self) -> usize {
        aligned(self.end(self.fields.len()), largest_align(self.fields))
    }

    /// Where a field is. Panics if there is no field of such a name: meant for constants, where that
    /// is an error of the compiler.
    pub const fn offset(&self, field: &str) -> usize {
        let mut i = 0;
        while i < self.fields.len() {
            if same(self.fields[i].name, field) {
                return self.offset_of(i);
            }
            i += 1;
        }
        panic!("there is no field of this name")
    }

    /// Where the field at this place of the list is.
    pub const fn offset_of(&self, place: usize) -> usize {
        aligned(self.end(place), self.fields[place].ty.align())
    }

    /// Where so many fields end.
    const fn end(&self, fields: usize) -> usize {
        let (mut end, mut i) = (0, 0);
        while i < fields {
            let ty = self.fields[i].ty;
            end = aligned(end, ty.align()) + ty.size();
            i += 1;
        }
        end
    }
}

/// A tag, and then a value of the type that belongs to it.
#[derive(Debug)]
pub struct Union {
    pub name: &'static str,
    pub tag: &'static Enum,
    /// A type for each case of the tag.
    pub cases: &'static [Type],
}

impl Union {
    pub const fn size(&self) -> usize {
        let (mut largest, mut i) = (0, 0);
        while i < self.cases.len() {
            largest = max(largest, self.cases[i].size());
            i += 1;
        }
        aligned(self.offset() + largest, self.align())
    }

    /// Where the value after the tag is.
    pub const fn offset(&self) -> usize {
        aligned(self.tag.size, self.align())
    }

    const fn align(&self) -> usize {
        let (mut largest, mut i) = (self.tag.size, 0);
        while i < self.cases.len() {
            largest = max(largest, self.cases[i].align());
            i += 1;
        }
        largest
    }
}

const fn largest_align(fields: &[Field]) -> usize {
    let (mut largest, mut i) = (1, 0);
    while i < fields.len() {
        largest = max(largest, fields[i].ty.align());
        i += 1;
    }
    largest
}

const fn aligned(offset: usize, align: usize) -> usize {
    offset.next_multiple_of(align)
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

const fn place(names: &[&str], name: &str) -> Option<usize> {
    let mut i = 0;
    while i < names.len() {
        if same(names[i], name) {
            return Some(i);
        }
        i += 1;
    }
    None
}

/// `==` cannot be used in constants yet.
const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
