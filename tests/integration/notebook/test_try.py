import datetime as dt
import pandas as pd, polars as pl, pyarrow as pa, datasets
def test_it(world):
    t=world.tandem
    p=t.projects.create("p")
    df=pd.DataFrame({"id":[7,8,9],"review":["a 🎉","שלום","c"],"n":pd.array([1,None,3],"Int64"),"i":[1,2,3],
      "c":pd.Categorical(["x","y",None],categories=["y","x","q"],ordered=True),"f":[1.5,None,3.0],
      "ts":pd.to_datetime(["2026-01-01","2026-01-02",None]).tz_localize("Europe/Berlin"),"zeros":["007","08",None],
      "b":pd.array([True,None,False],"boolean"),"d":[dt.date(2020,1,1)]*3,"td":pd.to_timedelta([1,2,3],unit="s")},index=pd.Index(["r1","r2","r3"],name="row"))
    d=t.datasets.create(p.id,name="d")
    r=d.add(df,text="review",id="id",metadata="*"); print(r)
    back=d.to_pandas(); print(back.dtypes, back)
    pd.testing.assert_frame_equal(back[df.columns], df)
    pf=pl.DataFrame({"id":["007","8 "],"text":["x",None],"more":["a","b"],"u":pl.Series([2**64-1,None],dtype=pl.UInt64),"nan":[float("nan"),None],
     "cat":pl.Series(["a","b"],dtype=pl.Categorical),"en":pl.Series(["a",None],dtype=pl.Enum(["b","a","z"])),"l":[[1,None],None],"s":[{"a":1,"b":["x"]},None],
     "dt":pl.Series([dt.datetime(2020,1,1),None],dtype=pl.Datetime("ns","Asia/Tokyo")),"dec":pl.Series(["1.50",None]).cast(pl.Decimal(10,2)),"dur":[dt.timedelta(1),None],"tm":[dt.time(1,2,3),None], "bin":[b"\x00\xff",None], "arr":pl.Series([[1,2],[3,4]],dtype=pl.Array(pl.Int8,2))})
    d2=t.datasets.create(p.id,name="d2")
    d2.add(pf,text=["text","more"],id="id",metadata="*")
    b2=d2.to_polars(); print(b2)
    from polars.testing import assert_frame_equal
    assert_frame_equal(b2,pf); print(b2.schema, pf.schema); assert b2.schema==pf.schema

    hf=datasets.Dataset.from_dict({"id":[1,2],"text":["a","b"],"label":[0,1],"tok":[["a"],[]]}).cast_column("label",datasets.ClassLabel(names=["n","p"]))
    d3=t.datasets.create(p.id,name="d3"); d3.add(hf,text="text",metadata="*"); b3=d3.to_datasets()
    print(b3.features, hf.features); assert b3.features==hf.features and b3.to_list()==hf.to_list()
    d4=t.datasets.create(p.id,name="d4"); d4.add([{"id":1,"text":"x","n":5},{"id":2,"text":"y","z":None}],text="text",metadata="*"); print(d4.to_pandas(), d4.to_pandas().dtypes)
