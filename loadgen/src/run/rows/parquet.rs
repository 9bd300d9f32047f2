//! Rows in columns, for tools that read a large run in part.

use std::fs::File;
use std::io;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;

use super::Sink;
use crate::record::{Places, Rows};

const SCHEMA: &str = "message requests {
    REQUIRED INT64 k (INTEGER(64, false));
    REQUIRED BYTE_ARRAY stage (STRING);
    REQUIRED BYTE_ARRAY payload (STRING);
    REQUIRED INT64 intended_ns;
    REQUIRED INT64 released_ns;
    OPTIONAL INT64 first_byte_ns;
    REQUIRED INT64 end_ns;
    REQUIRED BYTE_ARRAY outcome (STRING);
    OPTIONAL INT32 http_status;
    OPTIONAL BYTE_ARRAY name (STRING);
}";

/// Rows that are held in memory before they are written as a group.
const GROUP: usize = 1 << 16;

/// A file of rows. Its table of contents comes last: a killed run leaves none that could be read.
pub(super) struct Parquet {
    writer: SerializedFileWriter<File>,
    held: Columns,
}

/// A group of rows, column by column.
#[derive(Default)]
struct Columns {
    k: Vec<i64>,
    stage: Vec<ByteArray>,
    payload: Vec<ByteArray>,
    intended: Vec<i64>,
    released: Vec<i64>,
    first_byte: Vec<Option<i64>>,
    end: Vec<i64>,
    outcome: Vec<ByteArray>,
    status: Vec<Option<i32>>,
    name: Vec<Option<ByteArray>>,
}

impl Parquet {
    /// A file with its schema.
    pub(super) fn begin(file: File) -> io::Result<Self> {
        let schema = parse_message_type(SCHEMA).map_err(told)?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).map_err(told)?;
        Ok(Self { writer, held: Columns::default() })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let held = std::mem::take(&mut self.held);
        if held.k.is_empty() {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        let mut index = 0;
        while let Some(mut column) = group.next_column()? {
            match index {
                0 => required::<Int64Type>(&mut column, &held.k)?,
                1 => required::<ByteArrayType>(&mut column, &held.stage)?,
                2 => required::<ByteArrayType>(&mut column, &held.payload)?,
                3 => required::<Int64Type>(&mut column, &held.intended)?,
                4 => required::<Int64Type>(&mut column, &held.released)?,
                5 => optional::<Int64Type>(&mut column, &held.first_byte)?,
                6 => required::<Int64Type>(&mut column, &held.end)?,
                7 => required::<ByteArrayType>(&mut column, &held.outcome)?,
                8 => optional::<Int32Type>(&mut column, &held.status)?,
                _ => optional::<ByteArrayType>(&mut column, &held.name)?,
            }
            column.close()?;
            index += 1;
        }
        group.close()?;
        Ok(())
    }
}

impl Sink for Parquet {
    fn write(&mut self, rows: &Rows, places: &Places) -> io::Result<()> {
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        for (row, name) in rows.iter() {
            let held = &mut self.held;
            held.k.push(whole(row.k));
            held.stage.push(places.stage(row.place).into());
            held.payload.push(places.payload(row.place).into());
            held.intended.push(whole(row.intended));
            held.released.push(whole(row.released));
            held.first_byte.push(row.first_byte.map(whole));
            held.end.push(whole(row.end));
            held.outcome.push(row.fate.as_str().into());
            held.status.push(row.status.map(i32::from));
            held.name.push((!name.is_empty()).then(|| name.into()));
            if held.k.len() >= GROUP {
                self.write_group().map_err(told)?;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.write_group().map_err(told)?;
        self.writer.close().map(drop).map_err(told)
    }
}

fn required<T: DataType>(column: &mut SerializedColumnWriter<'_>, values: &[T::T]) -> Result<(), ParquetError> {
    column.typed::<T>().write_batch(values, None, None).map(drop)
}

fn optional<T: DataType>(column: &mut SerializedColumnWriter<'_>, values: &[Option<T::T>]) -> Result<(), ParquetError> {
    let defined: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let told: Vec<T::T> = values.iter().flatten().cloned().collect();
    column.typed::<T>().write_batch(&told, Some(&defined), None).map(drop)
}

fn told(error: ParquetError) -> io::Error {
    io::Error::other(error)
}
