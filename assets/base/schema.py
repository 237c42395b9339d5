"""What a table is made of: columns with types, descriptions and where each comes from.

The tables themselves are listed in `assets.base.tables`; how they reach Dagster's metadata is in `assets.base.step`.
"""

from dataclasses import dataclass

import pyarrow as pa


class SchemaMismatchError(ValueError):
    """A table does not have the columns that the contract fixes."""


@dataclass(frozen=True)
class Column:
    """One column of a published table.

    Attributes:
        name: Column name.
        type: Arrow type.
        description: One sentence, with the unit where there is one.
        origin: Upstream columns as `asset.column`, for column lineage.
        nullable: Whether nulls are allowed.
    """

    name: str
    type: pa.DataType
    description: str
    origin: tuple[str, ...] = ()
    nullable: bool = True


@dataclass(frozen=True)
class Table:
    """One published table.

    Attributes:
        name: Asset name, view name and folder name.
        description: What one row is.
        columns: Columns stored in the files.
        folders: Columns that live in the path (`shard=<key>`), outermost first.
        width_of: Name of the column whose fixed list width is known only when it is written, if any.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    folders: tuple[str, ...] = ()
    width_of: str | None = None

    def schema(self, width: int | None = None) -> pa.Schema:
        """Arrow schema of the files.

        Args:
            width: Width of the fixed-size list of `width_of`; without it that column is a plain list.
        """
        fields = []
        for column in self.columns:
            kind = column.type
            if column.name == self.width_of and width is not None:
                kind = pa.list_(kind.value_type, width)
            fields.append(pa.field(column.name, kind, nullable=column.nullable))
        return pa.schema(fields)

    def empty(self, width: int | None = None) -> pa.Table:
        """A typed table without rows."""
        return self.schema(width).empty_table()

    def conform(self, table: pa.Table) -> pa.Table:
        """Order and cast the columns of a table to the contract.

        Raises:
            SchemaMismatchError: A column is missing, unknown, has nulls where none may be, or cannot be cast.
        """
        wanted = [column.name for column in self.columns]
        if set(wanted) != set(table.column_names):
            missing = sorted(set(wanted) - set(table.column_names))
            unknown = sorted(set(table.column_names) - set(wanted))
            raise SchemaMismatchError(
                f"table {self.name}: expected columns {wanted}; missing {missing}, not in the contract {unknown}"
            )
        width = None
        if self.width_of is not None and pa.types.is_fixed_size_list(table.schema.field(self.width_of).type):
            width = table.schema.field(self.width_of).type.list_size
        try:
            conformed = table.select(wanted).cast(self.schema(width))
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, ValueError) as error:
            raise SchemaMismatchError(f"table {self.name}: {error}") from error
        for column in self.columns:
            nulls = conformed.column(column.name).null_count
            if nulls and not column.nullable:
                raise SchemaMismatchError(
                    f"table {self.name}: column {column.name} has {nulls} nulls, none are allowed"
                )
        return conformed
